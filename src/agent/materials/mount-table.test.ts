import { expect, test } from 'vitest'
import { mountPointsIn } from './mount-table.ts'

test('names of mount points are read as they are, blanks and letters of any alphabet too', () => {
  const table = [
    '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
    '23 22 0:21 / /data/with\\040blank/\\303\\266 rw,nosuid shared:2 - tmpfs tmpfs rw',
    '24 22 0:22 /a /back\\134slash rw master:3 - ext4 /dev/vda rw',
    '',
  ].join('\n')
  expect(mountPointsIn(table)).toEqual(['/', '/data/with blank/ö', '/back\\slash'])
})
