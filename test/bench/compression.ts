import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { z } from 'zod'
import { versionSchema, workspaceIdSchema } from '../../shared/ids.ts'
import type { Contact } from '../../shared/resources/contacts/contact-list.ts'
import { shownTag } from '../../shared/tags/tags.ts'
import { encodeEntry } from '../../worker/entry/entry.ts'
import { createDice } from '../support/dice.ts'
import { createRandom } from '../support/random.ts'
import { page } from './read-page.ts'

/**
 * `npm run bench:compression` measures in workerd what it costs to compress an entry, and how many bytes that saves: a page
 * of 33 contacts with random names, messages and instants. Redis over HTTP takes text, so compressed bytes go there in
 * base64. The baseline is what the tiers do without compression: text in JSON for Redis, bytes as they are for KV.
 */
const rounds = 500
const dice = createDice(createRandom(1))
const letters = 'eeeeaaaattttooiinnsshhrrddllcumwfgypbvk'

const word = () => Array.from({ length: dice.between(3, 9) }, () => dice.pick([...letters])).join('')
const words = (count: number) => Array.from({ length: count }, word).join(' ')
const digits = (count: number) => Array.from({ length: count }, () => dice.between(0, 9)).join('')
const instant = () => `${new Date(1.75e12 + dice.random() * 3e10).toISOString().slice(0, -1)}123+00:00`

function randomised(contact: Contact): Contact {
  return {
    ...contact,
    id: `contact_${digits(12)}`,
    name: words(2),
    email: `${word()}.${word()}@${word()}.com`,
    phone: `+49${digits(10)}`,
    assigned_to: dice.happens(0.7) ? `user_${dice.between(1, 20)}` : null,
    last_message: words(12),
    ...{ last_activity_at: instant(), created_at: instant(), updated_at: instant() },
  }
}

const script = `
async function through(stream, bytes) {
  const writer = stream.writable.getWriter()
  const read = new Response(stream.readable).arrayBuffer()
  await writer.write(bytes)
  await writer.close()
  return new Uint8Array(await read)
}
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes))
const fromBase64 = (text) => {
  const characters = atob(text)
  const bytes = new Uint8Array(characters.length)
  for (let index = 0; index < characters.length; index += 1) bytes[index] = characters.charCodeAt(index)
  return bytes
}
const compress = (bytes) => through(new CompressionStream('deflate-raw'), bytes)
const decompress = (bytes) => through(new DecompressionStream('deflate-raw'), bytes)

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url)
    const bytes = new Uint8Array(await request.arrayBuffer())
    const small = await compress(bytes)
    const answer = JSON.stringify([{ result: new TextDecoder().decode(bytes) }])
    const smallAnswer = JSON.stringify([{ result: toBase64(small) }])
    const work = {
      nothing: async () => {},
      'KV, compress': () => compress(bytes),
      'KV, decompress': () => decompress(small),
      'Redis, write': async () => new TextEncoder().encode(JSON.stringify(new TextDecoder().decode(bytes))),
      'Redis, write compressed': async () => new TextEncoder().encode(JSON.stringify(toBase64(await compress(bytes)))),
      'Redis, read': async () => new TextEncoder().encode(JSON.parse(answer)[0].result),
      'Redis, read compressed': async () => decompress(fromBase64(JSON.parse(smallAnswer)[0].result)),
    }[searchParams.get('work')]
    for (let round = 0; round < Number(searchParams.get('rounds')); round += 1) await work()
    const sizes = { plain: bytes.length, small: small.length, text: answer.length, smallText: smallAnswer.length }
    return Response.json(sizes)
  },
}`

const parsed: { contacts: Contact[] } = JSON.parse(page)
const contacts = parsed.contacts.map(randomised)
/** The page as tiers store it, with the tags of the contacts that it shows. */
const entry = encodeEntry({
  ...{
    workspaceId: workspaceIdSchema.parse('15213'),
    found: true,
    tags: contacts.map(({ id }) => shownTag(id)),
  },
  stamp: { ledgerId: crypto.randomUUID(), version: versionSchema.parse(1_795_665_792_046) },
  ...{ createdAtMs: 1.795e12, loadMs: 12, deleteAtMs: 1.796e12, etag: digits(16) },
  body: new TextEncoder().encode(JSON.stringify({ ...parsed, contacts })),
})
const miniflare = new Miniflare(
  convertV4MiniflareOptions({ modules: true, script, compatibilityDate: '2026-10-20' }),
)
const sizesSchema = z.object({ plain: z.int(), small: z.int(), text: z.int(), smallText: z.int() })

async function run(work: string, times: number) {
  const startedAtMs = performance.now()
  const query = new URLSearchParams({ work, rounds: String(times) })
  const response = await miniflare.dispatchFetch(`http://bench/?${query}`, { method: 'POST', body: entry })
  const sizes = sizesSchema.parse(await response.json())
  return { sizes, ms: performance.now() - startedAtMs }
}

const { sizes } = await run('nothing', 0)
console.log(sizes)
for (const work of [
  ...['KV, compress', 'KV, decompress'],
  ...['Redis, write', 'Redis, write compressed', 'Redis, read', 'Redis, read compressed'],
]) {
  await run(work, 100)
  const [without, withWork] = [await run(work, 0), await run(work, rounds)]
  console.log(`${work}: ${((withWork.ms - without.ms) / rounds).toFixed(3)} ms`)
}
await miniflare.dispose()
