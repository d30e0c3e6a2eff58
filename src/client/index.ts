// What outsiders may talk to an API server with (`everynode/client`).

export { type Change, keyOf } from './cache.ts'
export { type Client, type ClientOptions, createClient, type Patch, Unreachable } from './client.ts'
export { createEventRecorder, type EventRecorder } from './event-recorder.ts'
export { type HttpConnection, httpSend } from './http.ts'
export { inProcessSend } from './in-process.ts'
export { createInformer, type Informer, type InformerOptions } from './informer.ts'
export { createInformers, type Informers } from './informers.ts'
export { type Connection, connectionOf, readKubeconfig } from './kubeconfig.ts'
