import { expect, onTestFinished, test } from 'vitest'
import { controllerWorld } from '../../test/controller-world.ts'
import type { ClusterRole } from '../api/rbac.ts'
import { clusterRoles } from '../api/resources.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { startClusterRoleAggregation } from './cluster-role-aggregation.ts'

test('admin, edit and view grow and shrink with the roles that are labelled for them', async () => {
  const world = await controllerWorld()
  const name = 'system:controller:clusterrole-aggregation-controller'
  // Its own rights, and no others: it gives rules that it does not hold.
  const client = world.as({ name, groups: ['system:authenticated'] })
  const running = startClusterRoleAggregation({ client, clock: world.clock, random: seededRandom(1), log: silentLog })
  onTestFinished(async () => {
    await running.stop()
    await world.close()
  })
  await world.pass(100)
  const revision = world.store.revision
  await world.pass(1000)
  expect(world.store.revision).toBe(revision)

  const rule = { verbs: ['get'], apiGroups: ['example.com'], resources: ['widgets'] }
  const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
  await world.client.create<ClusterRole>(clusterRoles, { metadata: { name: 'widgets', labels }, rules: [rule] })
  await world.pass(1000)
  const rulesOf = async (role: string) => (await world.client.get<ClusterRole>(clusterRoles, { name: role })).rules
  for (const role of ['view', 'edit', 'admin']) expect(await rulesOf(role), role).toContainEqual(rule)

  await world.client.delete(clusterRoles, { name: 'widgets' })
  await world.pass(1000)
  for (const role of ['view', 'edit', 'admin']) expect(await rulesOf(role), role).not.toContainEqual(rule)
})
