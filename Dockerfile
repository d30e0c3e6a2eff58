# The whole program; without arguments it is the controller that deploy/ installs.
#   docker build -t everynode:0.1.0 .
FROM node:20-bookworm-slim AS build
WORKDIR /everynode
COPY . .
# Builds dist/ (`prepare`), then lets go of what only building needed.
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
WORKDIR /everynode
COPY --from=build /everynode/package.json /everynode/LICENSE /everynode/NOTICE ./
COPY --from=build /everynode/bin bin
COPY --from=build /everynode/dist dist
COPY --from=build /everynode/node_modules node_modules
ENV NODE_ENV=production
# The image's own user `node`, by number, so that `runAsNonRoot` can be checked.
USER 1000:1000
ENTRYPOINT ["node", "/everynode/bin/everynode.js"]
CMD ["controller"]
