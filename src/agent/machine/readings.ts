// What a machine says of itself: /proc, /sys and a few files of /etc. Only Linux says all of it; elsewhere what Node knows
// has to do.

import { readFile, statfs } from 'node:fs/promises'
import { arch, cpus, freemem, platform, release, totalmem } from 'node:os'

export interface Readings {
  readonly cpus: number
  readonly memoryKiB: number
  readonly memoryAvailableKiB: number
  readonly diskBytes: number
  readonly diskAvailableBytes: number
  readonly inodes: number
  readonly inodesFree: number
  readonly maxPids: number
  readonly pids: number
  readonly kernelVersion: string
  readonly osImage: string
  readonly bootID: string
  readonly machineID: string
  readonly systemUUID: string
  /** As Node names them: `x64`, `arm64`; `linux`. */
  readonly arch: string
  readonly platform: string
}

/** `diskPath`: on the file system that pods' files and logs are kept on. */
export async function readMachine(diskPath: string): Promise<Readings> {
  const [meminfo, osRelease, bootID, machineID, systemUUID, loadavg, pidMax, disk] = await Promise.all([
    textOf('/proc/meminfo'),
    textOf('/etc/os-release'),
    textOf('/proc/sys/kernel/random/boot_id'),
    textOf('/etc/machine-id'),
    // Readable by root only.
    textOf('/sys/class/dmi/id/product_uuid'),
    textOf('/proc/loadavg'),
    textOf('/proc/sys/kernel/pid_max'),
    statfs(diskPath).catch(() => undefined),
  ])
  const kiB = (name: string, otherwise: number) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? Math.floor(otherwise / 1024))
  return {
    cpus: cpus().length || 1,
    memoryKiB: kiB('MemTotal', totalmem()),
    memoryAvailableKiB: kiB('MemAvailable', freemem()),
    diskBytes: disk === undefined ? 0 : disk.blocks * disk.bsize,
    diskAvailableBytes: disk === undefined ? 0 : disk.bavail * disk.bsize,
    inodes: disk?.files ?? 0,
    inodesFree: disk?.ffree ?? 0,
    maxPids: Number(pidMax) || 0,
    // `0.00 0.01 0.05 1/123 4567`: running and all tasks.
    pids: Number(/ \d+\/(\d+) /.exec(loadavg)?.[1] ?? 0),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? platform(),
    bootID,
    machineID,
    systemUUID: systemUUID === '' ? uuidOf(machineID) : systemUUID,
    arch: arch(),
    platform: platform(),
  }
}

async function textOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim()
}

/** Unique and lasting, which is all that is asked of it: the id of the installation in the form of the other. */
function uuidOf(machineID: string): string {
  return machineID.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
