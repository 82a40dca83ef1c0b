/** Parses a command line option that must be a whole number. Otherwise the program prints a sentence and ends. */
export function wholeNumberOption(name: string, text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : null
  if (number !== null) return number
  console.error(`--${name} must be a whole number that is not negative.`)
  process.exit(2)
}
