// One OpenAPI 3.0 document: everything below one group and version.

import type { Resource } from '../api/resources.ts'
import { kubernetesVersion } from '../base/version.ts'
import { resourcePaths } from './openapi-paths.ts'
import { type ComponentKind, componentSchemas, listKind } from './openapi-schemas.ts'
import type { ServedVersion } from './served-groups.ts'

export function openapiDocument(served: ServedVersion): object {
  return {
    openapi: '3.0.0',
    info: { title: 'everynode', version: kubernetesVersion },
    paths: Object.assign({}, ...served.resources.map(resourcePaths)),
    components: { schemas: componentSchemas(served.resources.flatMap(kindsOf)) },
  }
}

/** The kinds that travel through a resource's paths. */
function kindsOf(resource: Resource): ComponentKind[] {
  const { group, version, kind, schema } = resource
  const own = { group, version, kind, schema }
  const lists = resource.verbs.includes('list') ? [listKind(own)] : []
  const parts = resource.subresources.flatMap((part) =>
    part.kind === undefined || part.connects !== undefined
      ? []
      : [{ group: part.group ?? group, version: part.version ?? version, kind: part.kind, schema: part.kind }],
  )
  return [own, ...lists, ...parts]
}
