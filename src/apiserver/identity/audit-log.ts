// The audit log as a file: one JSON object a line, turned over when it is full, readable by its owner only. Requests do
// not wait for it; what it cannot keep up with is counted, and the count is told.

import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { Log } from '../../base/log.ts'
import type { AuditEvent } from './audit.ts'

export interface AuditLogLimits {
  /** A file that has grown beyond this is turned over. */
  readonly fileBytes: number
  /** `FILE.1` is the youngest of those kept; with the file itself one more. */
  readonly files: number
  /** Lines that wait to be written. */
  readonly pendingBytes: number
}

export const auditLogLimits: AuditLogLimits = {
  fileBytes: 100 * 1024 * 1024,
  files: 4,
  pendingBytes: 8 * 1024 * 1024,
}

export interface AuditLogOptions {
  readonly path: string
  readonly log: Log
  readonly limits?: Partial<AuditLogLimits>
}

export interface AuditLog {
  readonly tell: (event: AuditEvent) => void
  /** Resolves when everything told so far is written. */
  close(): Promise<void>
}

/** Rejects where the file cannot be had: a server that is to keep a log must not run without one. */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { path, log } = options
  const limits: AuditLogLimits = { ...auditLogLimits, ...options.limits }
  let file = await openFile(path)
  let bytes = (await file.stat()).size
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let dropped = 0
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const chunk = Buffer.concat(waiting)
      waiting = []
      waitingBytes = 0
      try {
        if (bytes > limits.fileBytes) {
          await file.close()
          await turnOver(path, limits.files)
          file = await openFile(path)
          bytes = 0
        }
        await file.appendFile(chunk)
        bytes += chunk.byteLength
      } catch (error) {
        log.error('audit log: lines are lost', { path, bytes: chunk.byteLength, error: String(error) })
      }
      if (dropped > 0) log.warn('audit log: too slow, events were left out', { path, events: dropped })
      dropped = 0
    }
    writing = undefined
  }

  return {
    tell(event) {
      const line = Buffer.from(`${JSON.stringify(event)}\n`)
      if (waitingBytes + line.byteLength > limits.pendingBytes) {
        dropped++
        return
      }
      waiting.push(line)
      waitingBytes += line.byteLength
      writing ??= write()
    },
    async close() {
      await writing
      await file.close()
    },
  }
}

function openFile(path: string): Promise<FileHandle> {
  return open(path, 'a', 0o600)
}

/** `FILE` becomes `FILE.1`, that `FILE.2`, and so on; the last one goes. */
async function turnOver(path: string, files: number): Promise<void> {
  await rm(`${path}.${files - 1}`, { force: true })
  for (let i = files - 2; i >= 0; i--) {
    const from = i === 0 ? path : `${path}.${i}`
    await rename(from, `${path}.${i + 1}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}
