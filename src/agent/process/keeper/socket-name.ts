// The one name under which a keeper is found: who has it rules the directory, and a dead one's is taken over by one other.

import { closeSync, constants, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'

export const socketName = 'keeper.sock'

export interface TakenSocket {
  readonly server: Server
  /** Of the name: another one has taken it over once it differs. */
  readonly inode: number | undefined
}

/**
 * One keeper a directory: its socket gets the known name only if nobody answers there. The directory is reached through
 * an open file, because the name of a socket may not be long. Undefined: another one is there.
 */
export async function takeSocket(directory: string): Promise<TakenSocket | undefined> {
  const open = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  const path = (name: string) => `/proc/self/fd/${open}/${name}`
  const mine = path(`${process.pid}.sock`)
  rmSync(mine, { force: true })
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(mine, resolve)
  })
  const isOurs = await takeName(mine, path(socketName))
  rmSync(mine, { force: true })
  if (isOurs) return { server, inode: inodeOf(path(socketName)) }
  server.close()
  closeSync(open)
  return undefined
}

/**
 * A name whose keeper has died is taken over under a second name, that of this very death: of many who found the same one
 * dead, one gets there, and the others then find that somebody answers.
 */
async function takeName(mine: string, name: string): Promise<boolean> {
  for (;;) {
    if (linked(mine, name)) return true
    const inode = inodeOf(name)
    if (await answers(name)) return false
    if (inode === undefined) continue
    const takeover = `${name}.after-${inode}`
    if (!(await takeName(mine, takeover))) return false
    try {
      if (inodeOf(name) !== inode || (await answers(name))) continue
      const next = `${mine}.next`
      rmSync(next, { force: true })
      linked(mine, next)
      renameSync(next, name)
      return true
    } finally {
      rmSync(takeover, { force: true })
    }
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
