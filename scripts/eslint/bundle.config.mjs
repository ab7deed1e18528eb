/* What is sent of the comment section, as it is sent: that it is a script, and that every name in it is known. */
import globals from "globals";

export default [
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "script", globals: globals.browser },
    rules: {
      "no-const-assign": "error",
      "no-dupe-args": "error",
      "no-redeclare": "error",
      "no-undef": "error",
      "no-unused-vars": ["error", { args: "none", caughtErrors: "none" }],
    },
  },
];
