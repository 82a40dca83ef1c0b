import { describe, expect, it } from 'vitest'
import { words } from '../../../worker/dashboard/src/glossary/words.ts'
import { paletteEntries } from '../../../worker/dashboard/src/palette/entries.ts'
import { bestFits, fuzzyScore } from '../../../worker/dashboard/src/palette/fuzzy.ts'
import { placeAfter } from '../../../worker/dashboard/src/palette/list-keys.ts'

const entry = (title: string, more = '') => ({ title, more })

describe('what was typed', () => {
  it('fits a text that has the letters of each word in their order, whatever their case and accents', () => {
    expect(fuzzyScore('insp', 'Inspector')).not.toBeNull()
    expect(fuzzyScore('ispct', 'Inspector')).not.toBeNull()
    expect(fuzzyScore('muller', 'Müller')).not.toBeNull()
    expect(fuzzyScore('board sales', 'Sales board')).not.toBeNull()
    expect(fuzzyScore('psni', 'Inspector')).toBeNull()
    expect(fuzzyScore('aaaa', 'aaa')).toBeNull()
  })

  it('finds beginnings of texts and of words before letters that lie apart', () => {
    const found = bestFits(
      [entry('Glossary'), entry('Cache settings'), entry('Sales'), entry('A sale')],
      'sa',
      9,
    )
    expect(found.map(({ title }) => title)).toEqual(['Sales', 'A sale', 'Glossary'])
  })

  it('finds what has it in its title before what has it elsewhere, and nothing else', () => {
    const found = bestFits(
      [entry('Word', 'the cache of a tier'), entry('Tier'), entry('Live', 'figures')],
      'tier',
      9,
    )
    expect(found.map(({ title }) => title)).toEqual(['Tier', 'Word'])
    expect(bestFits([entry('Word', 'the cache of a tier')], 'no such word at all', 9)).toEqual([])
  })

  it('leaves the order as it is while it is empty, up to a bound', () => {
    const many = ['b', 'a', 'c'].map((title) => entry(title))
    expect(bestFits(many, ' ', 2).map(({ title }) => title)).toEqual(['b', 'a'])
  })
})

describe('the palette', () => {
  const known = {
    views: ['board', 'workspace'] as const,
    boards: [{ id: 'board_1', name: 'Sales', board_columns: [] }],
    workspaces: [
      { id: '15213', name: 'Acme', role: 'member' as const },
      { id: '15214', name: 'Xenia', role: 'admin' as const },
    ],
    workspace: { id: '15213', name: 'Acme', role: 'member' as const },
    ...{ isOperator: false, isLocal: false },
  }
  const titlesOf = (more: object = {}) => paletteEntries({ ...known, ...more }).map(({ title }) => title)

  it('offers a member the views, boards and other workspaces, and no deed of admins or operators', () => {
    const titles = titlesOf()
    expect(titles).toEqual(
      expect.arrayContaining(['Board', 'Sales', '15214 · Xenia', 'Sign out', 'Glossary']),
    )
    for (const title of [
      'Invalidate this workspace',
      'Clear a Redis database',
      'First steps',
      '15213 · Acme',
      'Live',
    ])
      expect(titles).not.toContain(title)
  })

  it('offers admins and operators their deeds, and the first steps on a local stack', () => {
    expect(titlesOf({ workspace: { ...known.workspace, role: 'admin' } })).toContain(
      'Invalidate this workspace',
    )
    expect(titlesOf({ isOperator: true })).toContain('Clear a Redis database')
    expect(titlesOf({ isLocal: true })).toContain('First steps')
  })

  it('has an id of its own for each entry', () => {
    const entries = paletteEntries({ ...known, isOperator: true, isLocal: true })
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)
  })

  it('goes on at the other end of its list with the arrows, and stops there with whole pages', () => {
    expect(['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp'].map((key) => placeAfter(key, 0, 20))).toEqual([
      1, 19, 8, 0,
    ])
    expect(['ArrowDown', 'PageDown'].map((key) => placeAfter(key, 19, 20))).toEqual([0, 19])
    expect(placeAfter('a', 0, 20)).toBeNull()
    expect(placeAfter('ArrowUp', 0, 0)).toBe(0)
  })
})

describe('the glossary', () => {
  it('has each word once, and refers to its own words only', () => {
    const ids = new Set(words.map(({ id }) => id))
    expect(ids.size).toBe(words.length)
    for (const { see } of words) for (const other of see) expect(ids).toContain(other)
  })
})
