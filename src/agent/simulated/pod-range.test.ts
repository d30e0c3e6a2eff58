import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressesOf, addressLimits, numberOf, PodRange } from './pod-range.ts'

test('every node has addresses of its own, and they name it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: addressLimits.nodes - 1 }), (number) => {
      const { hostIP, podCIDR } = addressesOf(number)
      expect(numberOf(hostIP)).toBe(number)
      for (const part of [...hostIP.split('.'), ...podCIDR.slice(0, -3).split('.')]) {
        expect(Number(part)).toBeLessThan(256)
      }
    }),
  )
  expect(addressesOf(0)).toEqual({ hostIP: '172.16.0.1', podCIDR: '10.0.0.0/24' })
  expect(addressesOf(300)).toEqual({ hostIP: '172.16.1.45', podCIDR: '10.1.44.0/24' })
})

test.each([undefined, '', '172.16.0.0', '192.168.0.1', '172.40.0.1', 'n1'])('%s is no address of ours', (address) => {
  expect(numberOf(address)).toBeUndefined()
})

test('each address belongs to one pod at a time, and a range has an end', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 600 }), (steps) => {
      const range = new PodRange('10.0.7.0/24')
      const held: string[] = []
      for (const takes of steps) {
        if (!takes) {
          const address = held.shift()
          if (address !== undefined) range.release(address)
          continue
        }
        const address = range.next()
        if (held.length === addressLimits.podsPerNode) expect(address).toBeUndefined()
        else {
          expect(held).not.toContain(address)
          expect(address).toMatch(/^10\.0\.7\.([2-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-4])$/)
          held.push(address!)
        }
      }
    }),
  )
})
