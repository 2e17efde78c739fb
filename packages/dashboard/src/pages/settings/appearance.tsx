import { useTheme } from '../../shell/theme.ts'
import { Option } from '../../ui/option.tsx'
import { Card } from '../../ui/page.tsx'
import { Segments } from '../../ui/tabs.tsx'

const themes = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const

export function Appearance() {
  const [theme, setTheme] = useTheme()
  return (
    <Card>
      <Option title="Theme" detail="In this browser.">
        <Segments label="Theme" value={theme} options={themes} onChange={setTheme} />
      </Option>
    </Card>
  )
}
