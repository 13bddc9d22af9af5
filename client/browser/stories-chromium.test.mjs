// The main stories in Chromium.
import { testStories } from './support/stories.mjs';

testStories('chromium');
