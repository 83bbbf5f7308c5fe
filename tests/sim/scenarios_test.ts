import { CHANGING, testScenarios } from "../support/scenario_suite.ts";

testScenarios((name) => !CHANGING.has(name));
