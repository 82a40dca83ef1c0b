import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { resources } from '../../../shared/resources/index.ts'
import { measuredNames } from '../../bench/database-resources.ts'
import { rowOf } from './documented.ts'

const page = new URL('../../../worker/resources.md', import.meta.url)
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '))
  .slice(2)

it('the table of worker/resources.md has every resource once, and no other', () => {
  expect(rows.map(([name]) => name).toSorted()).toEqual(resources.map(({ name }) => name).toSorted())
})

it('the benchmark of the database has a question for every resource', () => {
  // The boards have questions of their own (test/bench/database-questions.ts).
  const others = resources.filter(({ name }) => !['contact-list', 'contact-counts'].includes(name))
  expect(others.map(({ name }) => name).filter((name) => !measuredNames.includes(name))).toEqual([])
})

it.each(resources)(
  'the row of $name says what is declared, has a time, and names a test that there is',
  (resource) => {
    const [, , route, callers, tags, lifetimeSeconds, p50Ms, test = ''] =
      rows.find(([name]) => name === resource.name) ?? []
    expect({ route, callers, tags, lifetimeSeconds }).toEqual(rowOf(resource))
    expect(p50Ms).toMatch(/^\d+\.\d\d$/)
    const path = /^\[[a-z-]+\]\((.+)\)$/.exec(test)?.[1] ?? ''
    expect([path, existsSync(new URL(path, page))]).toEqual([path, true])
    expect(path).toMatch(/^\.\.\/test\/.+\.test\.ts$/)
  },
)
