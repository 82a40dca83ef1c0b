import { chooseTheme, type Theme, themes, useTheme } from './theme.ts'

const titles: Readonly<Record<Theme, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' }

/** The choice between light, dark, and the device's setting. */
export function ThemeChoice() {
  const theme = useTheme()
  return (
    <select
      aria-label="Theme"
      value={theme}
      onChange={({ target }) => chooseTheme(themes.find((each) => each === target.value) ?? 'system')}
    >
      {themes.map((each) => (
        <option key={each} value={each}>
          {titles[each]}
        </option>
      ))}
    </select>
  )
}
