import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { whatShips } from './vite/plugin.ts'

// The same bundle for the truth: without the plugin, unminified, with source maps.
const truth = { outDir: 'truth', minify: false, sourcemap: true }

export default defineConfig({
  base: './',
  plugins: [react(), ...(process.env.TRUTH ? [] : [whatShips('build/modules.json')])],
  build: { assetsInlineLimit: 0, ...(process.env.TRUTH ? truth : {}) },
})
