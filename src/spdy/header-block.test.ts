import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { headerDictionary } from './dictionary.ts'
import { SpdyError } from './frames.ts'
import { decodeHeaders, encodeHeaders, HeaderCoder, type Headers } from './header-block.ts'

const coders: HeaderCoder[] = []
afterEach(() => {
  for (const coder of coders.splice(0)) coder.close()
})
function coder(does: 'inflate' | 'deflate', limitBytes?: number): HeaderCoder {
  const made = new HeaderCoder(does, limitBytes)
  coders.push(made)
  return made
}

/** Zlib names the dictionary by its Adler-32: every implementation of SPDY/3 says this one. */
test('W12.7 the dictionary is that of SPDY/3', async () => {
  expect(headerDictionary).toHaveLength(1423)
  const block = Buffer.from(await coder('deflate').code(encodeHeaders({ a: 'b' })))
  expect(block.subarray(2, 6).toString('hex')).toBe('e3c6a7c2')
})

test('W12.7 a block: how many, then each name and value with its length', () => {
  const block = encodeHeaders({ streamtype: 'stdin' })
  expect(Buffer.from(block).toString('latin1')).toBe('\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05stdin')
  expect(decodeHeaders(block)).toEqual({ streamtype: 'stdin' })
})

const named = fc.dictionary(
  fc.string({ minLength: 1 }).map((name) => name.toLowerCase()),
  fc.string().map((value) => value.replaceAll('\0', '')),
)

test('W12.7 whatever is written is read again, block after block of one compression', () =>
  fc.assert(
    fc.asyncProperty(fc.array(named, { maxLength: 5 }), async (blocks) => {
      const [deflate, inflate] = [new HeaderCoder('deflate'), new HeaderCoder('inflate')]
      for (const headers of blocks) {
        expect(decodeHeaders(await inflate.code(await deflate.code(encodeHeaders(headers))))).toEqual(headers)
      }
      deflate.close()
      inflate.close()
    }),
  ))

test('W12.7 names in any case, and of several values the first', () => {
  const repeated: Headers = { StreamType: 'error\0data', streamtype: 'data' }
  expect(decodeHeaders(encodeHeaders(repeated))).toEqual({ streamtype: 'error' })
})

test('names that mean something to JavaScript are names', () => {
  const headers = decodeHeaders(encodeHeaders(JSON.parse('{"__proto__":"x","constructor":"y"}')))
  expect(Object.entries(headers)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
})

describe('refused', () => {
  const blocks: [name: string, hex: string, message: string][] = [
    ['nothing at all', '', 'a block of headers is too short'],
    ['fewer headers than it says', '00000001', 'a block of headers is too short'],
    ['four thousand million headers', 'ffffffff', 'a block of headers is too short'],
    ['a name longer than its block', '00000001 00000005 61', 'a header is longer than its block'],
    ['a value of four gigabytes', '00000001 00000001 61 ffffffff', 'a header is longer than its block'],
  ]
  test.each(blocks)('W12.7 %s', (_name, text, message) => {
    expect(() => decodeHeaders(Buffer.from(text.replaceAll(' ', ''), 'hex'))).toThrow(new SpdyError(message))
  })

  test('what does not decompress', async () => {
    await expect(coder('inflate').code(Buffer.from('no zlib at all'))).rejects.toThrow(SpdyError)
    const others = deflateSync('x', { dictionary: Buffer.from('another dictionary') })
    await expect(coder('inflate').code(others)).rejects.toThrow('headers do not decompress')
  })

  test('a small block that becomes a large one, before it has become that', async () => {
    const bomb = deflateSync(Buffer.alloc(5_000_000), { dictionary: Buffer.from(headerDictionary) })
    expect(bomb.length).toBeLessThan(64 * 1024)
    await expect(coder('inflate').code(bomb)).rejects.toThrow(new SpdyError('headers above 65536 bytes'))
    await expect(coder('inflate', 100).code(bomb)).rejects.toThrow(new SpdyError('headers above 100 bytes'))
  })

  test('after the connection is over, and while it ends', async () => {
    const closed = coder('inflate')
    closed.close()
    await expect(closed.code(Buffer.alloc(1))).rejects.toThrow('the connection is over')
    const deflate = coder('deflate')
    const coding = deflate.code(encodeHeaders({}))
    deflate.close()
    await expect(coding).rejects.toThrow('the connection is over')
  })
})
