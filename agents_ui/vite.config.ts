import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

// `npm run dev` serves the pages and passes the API and the live socket on to a running application.
const application = process.env.CALLCENTER_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api/v1': { target: application, ws: true } } },
  // Nothing is inlined: the application serves the pages with `default-src 'self'`.
  build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
