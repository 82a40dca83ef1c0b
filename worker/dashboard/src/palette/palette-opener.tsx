import { useEffect, useState } from 'react'
import { later } from '../parts/later.tsx'
import { onPaletteWanted } from './palette-key.ts'

/** Loaded when it is first opened. */
const Palette = later(async () => (await import('./palette.tsx')).Palette, {
  what: 'the palette',
  waiting: null,
})

/** Opens the palette when it is wanted. */
export function PaletteOpener() {
  const [isOpen, setIsOpen] = useState(false)
  useEffect(() => onPaletteWanted(() => setIsOpen(true)), [])
  return isOpen && <Palette close={() => setIsOpen(false)} />
}
