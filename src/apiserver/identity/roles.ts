export { isPublic } from './default-policy.ts'
export { groups } from './groups.ts'
