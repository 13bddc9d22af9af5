/** The styles have no exports. TypeScript refuses `import '@latchkey/react/styles.css'` without this file. */
export {};
