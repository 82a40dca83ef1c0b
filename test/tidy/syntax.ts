import { parseSync, Visitor } from 'vite'
import type { ProjectFile } from './project.ts'

/** The parts of a TypeScript file that the rules look at. */
export interface Syntax {
  /** The modules that it imports, exports from, or names in a type. */
  readonly imports: readonly Import[]
  /**
   * The names that it gives to other files, each with its line, including names that it only passes on from another
   * file.
   */
  readonly exports: readonly Word[]
  /** All functions except the bodies of `describe`, which only group tests and so do not count as long functions. */
  readonly functions: readonly FunctionSpan[]
  readonly comments: readonly Word[]
  /** Its comments, and the names and texts in its code, each with its line. */
  readonly words: readonly Word[]
}

export interface Import {
  readonly specifier: string
  /** The imported names. Empty if the whole module is imported. */
  readonly names: readonly string[]
  readonly isTypeOnly: boolean
}

export interface FunctionSpan {
  readonly line: number
  readonly lines: number
}

export interface Word {
  readonly line: number
  readonly text: string
}

/** Parses a file. Throws if it is not TypeScript. */
export function syntaxOf({ path, text }: ProjectFile): Syntax {
  const { program, comments, errors, module } = parseSync(path, text, {
    lang: path.endsWith('x') ? 'tsx' : 'ts',
    sourceType: 'module',
  })
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const lineAt = lineCounter(text)
  const imports: Import[] = []
  const functions: Span[] = []
  const groups: Span[] = []
  const remarks = comments.map(({ value, start }) => ({ line: lineAt(start), text: value }))
  const words: Word[] = [...remarks]

  const noteFunction = ({ start, end }: Span) => {
    if (!groups.some((group) => group.start === start)) functions.push({ start, end })
  }
  const noteWord = (word: string, start: number) => words.push({ line: lineAt(start), text: word })

  new Visitor({
    ImportDeclaration({ source, specifiers, importKind }) {
      const names = specifiers.flatMap((specifier) =>
        specifier.type === 'ImportSpecifier'
          ? [text.slice(specifier.imported.start, specifier.imported.end)]
          : [],
      )
      imports.push({ specifier: source.value, names, isTypeOnly: importKind === 'type' })
    },
    ExportNamedDeclaration({ source, specifiers, exportKind }) {
      const names = specifiers.map(({ local }) => text.slice(local.start, local.end))
      if (source !== null) imports.push({ specifier: source.value, names, isTypeOnly: exportKind === 'type' })
    },
    ExportAllDeclaration({ source, exportKind }) {
      imports.push({ specifier: source.value, names: [], isTypeOnly: exportKind === 'type' })
    },
    ImportExpression({ source }) {
      if (source.type === 'Literal' && typeof source.value === 'string')
        imports.push({ specifier: source.value, names: [], isTypeOnly: false })
    },
    TSImportType({ source }) {
      imports.push({ specifier: source.value, names: [], isTypeOnly: true })
    },
    CallExpression({ callee, arguments: given }) {
      if (/^describe\b/.test(text.slice(callee.start, callee.end)))
        for (const { start, end } of given) groups.push({ start, end })
    },
    FunctionDeclaration: noteFunction,
    FunctionExpression: noteFunction,
    ArrowFunctionExpression: noteFunction,
    Identifier: ({ name, start }) => noteWord(name, start),
    Literal: ({ value, start }) => {
      if (typeof value === 'string') noteWord(value, start)
    },
    TemplateElement: ({ value, start }) => noteWord(value.raw, start),
  }).visit(program)
  const exports = module.staticExports
    .flatMap(({ entries }) => entries)
    .map(({ exportName, start }) => ({ text: exportName.name ?? 'default', line: lineAt(start) }))
  return {
    imports,
    exports,
    comments: remarks,
    functions: functions.map((span) => lengthOf(span, groups, lineAt)),
    words,
  }
}

/** Offsets into a file. */
interface Span {
  readonly start: number
  readonly end: number
}

function lengthOf(span: Span, groups: readonly Span[], lineAt: (offset: number) => number): FunctionSpan {
  const linesIn = ({ start, end }: Span) => lineAt(end) - lineAt(start) + 1
  const isIn = (inner: Span, outer: Span) => outer.start < inner.start && inner.end < outer.end
  const grouped = groups.filter(
    (group) => isIn(group, span) && !groups.some((outer) => isIn(outer, span) && isIn(group, outer)),
  )
  const lines = grouped.reduce((left, group) => left - linesIn(group), linesIn(span))
  return { line: lineAt(span.start), lines }
}

/** Answers the line, from 1, of an offset. */
function lineCounter(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}
