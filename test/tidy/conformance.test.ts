import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

/** The rows of the table in test/conformance/README.md: the file and the test that each requirement names. */
const folder = new URL('../conformance/', import.meta.url)
const rows = readFileSync(new URL('README.md', folder), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells.length === 5 && cells[3]?.includes('.test.ts: '))
  .map(([, requirement = '', , named = '']) => {
    const end = named.indexOf(': ')
    return { requirement, file: named.slice(0, end), name: named.slice(end + 2) }
  })

describe('the conformance table', () => {
  test('has rows', () => {
    expect(rows.length).toBeGreaterThan(25)
  })

  test.each(rows)('names a test that exists: $requirement', ({ file, name }) => {
    expect(readFileSync(new URL(file, folder), 'utf8')).toContain(name)
  })

  test('names every test of its own room', () => {
    const source = readFileSync(new URL('http.test.ts', folder), 'utf8')
    const own = [...source.matchAll(/^ {2}it(?:\.each\([\s\S]*?\]\))?\('([^']+)'/gm)].map(
      ([, name = '']) => name,
    )
    expect(own.length).toBeGreaterThan(20)
    const named = rows.filter(({ file }) => file === 'http.test.ts').map(({ name }) => name)
    expect(own.filter((name) => !named.some((prefix) => name.startsWith(prefix)))).toEqual([])
  })
})
