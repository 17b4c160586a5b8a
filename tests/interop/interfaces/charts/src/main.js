import '@fontsource/roboto-mono/400.css'
import './styles.css'
import debug from 'debug'
import { debounce } from 'lodash-es'
import { of } from 'rxjs'
import { createApp } from 'vue'
import App from './App.vue'

debug('charts')('starting')

// Imported and never called: nothing of them may be said to ship.
export const unused = [() => debounce(() => {}), () => of(1)]

createApp(App).mount('#app')
