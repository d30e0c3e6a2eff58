// Whose fault it is that something is not there: its own, or its namespace's. Upstream: cli-runtime/pkg/resource,
// Info.Get.
import { namespaces } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { Client } from '../client/client.ts'

/** Rejects with what is said of the namespace, where that is not there either. */
export async function inNamespace<T>(client: Client, namespace: string | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const mayBeMissing = namespace !== undefined && namespace !== '' && namespace !== 'default'
    if (!mayBeMissing || reasonOf(error) !== 'NotFound') throw error
    await client.get(namespaces, { name: namespace }).catch((other: unknown) => {
      if (reasonOf(other) === 'NotFound') throw other
    })
    throw error
  }
}
