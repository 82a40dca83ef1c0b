import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../../support/run-tool.ts'

const folder = join(projectFolder, 'worker/dashboard/src')
const tokens = readFileSync(join(folder, 'styles/tokens.css'), 'utf8')

type Theme = 'light' | 'dark'
const themes = ['light', 'dark'] as const

/** The colours of each theme by token, as `light-dark(#…, #…)` gives them. */
const palette = new Map(
  [...tokens.matchAll(/--([\w-]+): light-dark\(#([\da-f]{6}), #([\da-f]{6})\);/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
)

/** Relative luminance (WCAG 2.2). */
function luminanceOf(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrastOf(theme: Theme, one: string, other: string): number {
  const [dark = 0, light = 0] = [one, other]
    .map((name) => luminanceOf(palette.get(name)?.[theme] ?? ''))
    .sort((left, right) => left - right)
  return (light + 0.05) / (dark + 0.05)
}

const grounds = ['ground', 'surface', 'raised', 'stripe', 'field'] as const
const texts = ['ink', 'ink-quiet', 'accent', 'good', 'warn', 'bad'] as const

describe.each(themes)('in the %s theme', (theme) => {
  it.each(texts)('text in --%s is readable on every ground', (text) => {
    const faint = grounds.filter((ground) => contrastOf(theme, text, ground) < 4.5)
    expect(faint).toEqual([])
  })

  it.each([
    ['accent', 'accent-soft'],
    ['good', 'good-soft'],
    ['warn', 'warn-soft'],
    ['bad', 'bad-soft'],
    ['accent-ink', 'accent'],
    ['ink', 'good-soft'],
    ['ink', 'bad-soft'],
  ])('text in --%s is readable on --%s', (text, ground) => {
    expect(contrastOf(theme, text, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['edge', 'accent'] as const)('the edge of a control in --%s is seen on every ground', (edge) => {
    const faint = grounds.filter((ground) => contrastOf(theme, edge, ground) < 3)
    expect(faint).toEqual([])
  })
})

it('both themes give every colour a value of its own', () => {
  expect(palette.size).toBeGreaterThan(20)
  const same = [...palette].filter(([, { light, dark }]) => light === dark)
  expect(same).toEqual([])
})

/** Every stylesheet of the dashboard, but for that of the API's viewer. */
const sheets = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.css') && !name.startsWith('docs'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))

const sizes = [...tokens.matchAll(/--text(?:-\w+)?: (\d+px);/g)].map(([, size = '']) => size)
const weights = [...tokens.matchAll(/--weight(?:-\w+)?: (\d+);/g)].map(([, weight = '']) => weight)

it('text has four sizes', () => {
  expect(sizes).toHaveLength(4)
  const known = /^(?:var\(--text(?:-\w+)?\)|inherit)$/
  const strange = sheets.flatMap(({ name, text }) =>
    [...text.matchAll(/font-size: ([^;]+);/g)]
      .map(([, value = '']) => value)
      .filter((value) => !known.test(value))
      .map((value) => `${name}: ${value}`),
  )
  expect(strange).toEqual([])
})

it('text has the four weights of the scale', () => {
  expect(weights).toHaveLength(4)
  const known = /^(?:var\(--weight(?:-\w+)?\)|inherit)$/
  const strange = sheets.flatMap(({ name, text }) =>
    [...text.matchAll(/font-weight: ([^;]+);/g)]
      .map(([, value = '']) => value)
      .filter((value) => !known.test(value))
      .map((value) => `${name}: ${value}`),
  )
  expect(strange).toEqual([])
})
