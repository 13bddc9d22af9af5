// The main stories in WebKit.
import { testStories } from './support/stories.mjs';

testStories('webkit');
