/** Starts the viewer on this machine's own document; it validates nowhere else and loads nothing from elsewhere. */
const { SwaggerUIBundle } = globalThis as unknown as {
  SwaggerUIBundle: (options: Record<string, unknown>) => unknown;
};

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
});

export {};
