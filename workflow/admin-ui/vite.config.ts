import { defineConfig } from 'vite'
import { whatShips } from './vite/plugin.ts'

export default defineConfig({
  // Relative, so that the same files work under any prefix.
  base: './',
  plugins: [
    whatShips('build/modules.json', {
      file: 'LICENSES.txt',
      name: 'workflow-admin-ui (MIT)',
      own: 'LICENSE',
    }),
  ],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    proxy: { '/api': process.env['WORKFLOW_ENGINE'] ?? 'http://127.0.0.1:8081' },
  },
})
