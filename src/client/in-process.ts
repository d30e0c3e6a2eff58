// A server in the same process: the same request, the same answer, no socket. The user is set here, as a server
// that listens would set it from a certificate.

import type { Send, User } from '../api/wire.ts'

export function inProcessSend(handle: Send, user: User): Send {
  return (request) => handle({ ...request, user })
}
