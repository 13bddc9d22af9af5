// The page "Was this you?" in WebKit.
import { testReview } from './support/review.mjs';

testReview('webkit');
