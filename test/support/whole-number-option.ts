/** A command line option that takes a whole number. The program ends with a sentence where it is given anything else. */
export function wholeNumberOption(name: string, text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : null
  if (number !== null) return number
  console.error(`--${name} must be a whole number from 0 on.`)
  process.exit(2)
}
