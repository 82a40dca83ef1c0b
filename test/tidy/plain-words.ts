import { type Rule, withSyntax } from './rules.ts'

/** Phrases that make a sentence hard to follow, and sentences without a subject that is a thing or a person. */
const phrases = [
  /\b(?:is|are|was|were) told of\b/i,
  /\banew\b/i,
  /\b(?:moves?|moved) on\b/i,
  /^(?:Who|Whoever|Whose|What|That it|Until when)\b[^?]*$/,
]

export const commentsAreInPlainWords: Rule = (files) =>
  withSyntax(files).flatMap(({ path, comments }) =>
    comments.flatMap(({ line, text }) =>
      sentencesOf(text)
        .filter((sentence) => phrases.some((phrase) => phrase.test(sentence)))
        .map((sentence) => `${path}:${line} says "${sentence}"`),
    ),
  )

function sentencesOf(comment: string): string[] {
  const text = comment
    .replaceAll(/^\s*\*+/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return text.split(/(?<=[.!?]) /)
}
