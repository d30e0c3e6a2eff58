import { expect, test } from 'vitest'
import { humanDuration } from './duration.ts'

const [minute, hour, day, year] = [60, 3600, 86_400, 365 * 86_400]

const table: [seconds: number, shown: string][] = [
  [-2, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [121, '2m1s'],
  [10 * minute - 1, '9m59s'],
  [10 * minute + 1, '10m'],
  [3 * hour - 1, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 59, '3h'],
  [8 * hour - 1, '7h59m'],
  [8 * hour, '8h'],
  [48 * hour - 1, '47h'],
  [48 * hour, '2d'],
  [8 * day - 1, '7d23h'],
  [8 * day, '8d'],
  [2 * year - 1, '729d'],
  [2 * year, '2y'],
  [2 * year + day, '2y1d'],
  [8 * year - 1, '7y364d'],
  [8 * year + 5 * day, '8y'],
]

test.each(table)('W8.11 %d seconds are %s', (seconds, shown) => expect(humanDuration(seconds * 1000)).toBe(shown))
