import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientDeclarations } from '../../../origin/local/client-types-build.ts'
import { runTool } from '../../support/run-tool.ts'

/** A page that uses the client by its served types alone. */
const page = `
import { BoardcacheError, createBoardcache } from './boardcache.js'
const client = createBoardcache({ url: 'https://a.example', workspaceId: '1', token: () => 't' })
const answer = await client.board('b').page(2, { filter: 'open', perPage: 10 }).read()
const name: string | undefined = answer.data?.contacts[0]?.name
const total: number | undefined = client.counts().peek().data?.total
const lead = await client.get('/api/leads/by-phone', { phone: '+15550100123' }).read()
const matches: number | undefined = lead.data?.matches
const { version } = await client.contacts.change('c', { priority: 'high' })
export const said = [name, total, matches, version, new BoardcacheError({ code: 'offline', message: '' }).code]
`

const faulty = `
import { createBoardcache } from './boardcache.js'
const client = createBoardcache({ url: 'https://a.example', workspaceId: '1', token: () => 't' })
client.board('b').page(1, { filter: 'nonsense' })
client.get('/api/nowhere', {})
void client.contacts.change('c', { priority: 'highest' })
`

describe('the types that are served beside the client', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boardcache-page-'))
    await writeFile(join(folder, 'boardcache.d.ts'), await clientDeclarations())
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** The lines of the faults, by their files. */
  async function faultsOf(text: string): Promise<string[]> {
    await writeFile(join(folder, 'page.ts'), text)
    const options = ['--ignoreConfig', '--strict', '--noEmit', '--target', 'es2022', '--module', 'esnext']
    const { exitCode, stdout, stderr } = await runTool('tsc', [
      ...options,
      ...['--moduleResolution', 'bundler', '--types', '', join(folder, 'page.ts')],
    ])
    const faults = [...stdout.matchAll(/(\w+)\.ts\((\d+),/g)].map(([, file, line]) => `${file} ${line}`)
    return exitCode === 0 || faults.length > 0 ? faults : [stdout + stderr]
  }

  it('need nothing else, and describe the whole client', async () => {
    expect(await faultsOf(page)).toEqual([])
  })

  it('refuse what the API would refuse', async () => {
    expect(await faultsOf(faulty)).toEqual(['page 4', 'page 5', 'page 6'])
  })
})
