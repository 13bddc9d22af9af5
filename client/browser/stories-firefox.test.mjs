// The main stories in Firefox.
import { testStories } from './support/stories.mjs';

testStories('firefox');
