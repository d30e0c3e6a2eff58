#!/usr/bin/env node
// Runs what `npm ci` (or `npm run build`) made of src/cli/main.ts, by scripts/bundle.js. Plain JavaScript that any Node
// can read, so that an old one gets a sentence instead of a syntax error.

const needed = 20
if (Number(process.versions.node.split('.')[0]) < needed) {
  console.error(`error: everynode needs Node ${needed} or newer; this is ${process.version}`)
  process.exit(1)
}

// A reader that had enough (`everynode get pods | head`) ends the program quietly.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

let cli
try {
  cli = await import('../dist/bundle/main.js')
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist')) throw error
  console.error('error: everynode is not built yet: run `npm ci` (or `npm run build`) first')
  process.exit(1)
}
process.exitCode = await cli.main(process.argv.slice(2))
