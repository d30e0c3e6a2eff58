// A probe in one line. Upstream: kubectl/pkg/describe/describe.go, DescribeProbe.
import { isObject, type JsonObject } from '../../base/json.ts'

export function probeText(probe: JsonObject): string {
  const number = (name: string, otherwise: number) => {
    const value = probe[name]
    return typeof value === 'number' ? value : otherwise
  }
  const attributes =
    `delay=${number('initialDelaySeconds', 0)}s timeout=${number('timeoutSeconds', 1)}s ` +
    `period=${number('periodSeconds', 10)}s #success=${number('successThreshold', 1)} ` +
    `#failure=${number('failureThreshold', 3)}`
  return `${handlerText(probe)} ${attributes}`
}

function handlerText({ exec, httpGet, tcpSocket, grpc }: JsonObject): string {
  if (isObject(exec)) return `exec [${Array.isArray(exec.command) ? exec.command.join(' ') : ''}]`
  if (isObject(httpGet)) {
    const { scheme = 'HTTP', host = '', port = '', path = '' } = httpGet
    const slashed = String(path) === '' || String(path).startsWith('/') ? path : `/${path}`
    return `http-get ${String(scheme).toLowerCase()}://${host}:${port}${slashed}`
  }
  if (isObject(tcpSocket)) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port ?? ''}`
  if (isObject(grpc)) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`
  return 'unknown'
}
