import { expect, it } from 'vitest'
import { readProject } from '../tidy/project.ts'
import { headersRead } from './malformed-requests.ts'

it('the fuzzer sends junk in every header that the product reads', () => {
  const sources = readProject().filter(({ path }) =>
    /^(worker|origin|shared)\/(?!dashboard|client|local)[\w/-]+\.ts$/.test(path),
  )
  const named = sources.flatMap(({ text }) => [
    ...text.matchAll(/(?<!\bres\.)(?:headers\.get|req\.header)\(\s*'([\w-]+)'/g),
    ...text.matchAll(/\w+Header = '([\w-]+)'/g),
  ])
  const names = new Set(named.map(([, name = '']) => name.toLowerCase()))
  const sent = headersRead.map((name) => name.toLowerCase())
  expect(sent).toContain('x-workspace-id')
  expect([...names].filter((name) => !sent.includes(name))).toEqual([])
})
