import { expect, test } from 'vitest'
import { parseAddress, parseCount } from './cluster-flags.ts'

const addresses: [text: string, host: string, port: number | undefined][] = [
  ['127.0.0.1', '127.0.0.1', undefined],
  ['127.0.0.1:6443', '127.0.0.1', 6443],
  ['127.0.0.1:0', '127.0.0.1', 0],
  ['localhost:1', 'localhost', 1],
  [':6443', '127.0.0.1', 6443],
  ['[::1]:6443', '::1', 6443],
  ['[::]', '::', undefined],
]
test.each(addresses)('--listen %s', (text, host, port) => {
  expect(parseAddress(text)).toEqual({ host, port })
})

test.each(['', 'a:b', '127.0.0.1:65536', '::1:6443', '1.2.3.4:5:6', '[::1'])('--listen %s is refused', (text) => {
  expect(() => parseAddress(text)).toThrow(/HOST:PORT/)
})

test('counts are whole numbers', () => {
  expect(parseCount('0')).toBe(0)
  expect(parseCount('1000')).toBe(1000)
  for (const text of ['', '-1', '1.5', '1e3', 'three', '99999999999999999999']) {
    expect(() => parseCount(text)).toThrow(/whole number/)
  }
})
