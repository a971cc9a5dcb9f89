import "./cli/main.ts";
