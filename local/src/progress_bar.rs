//! How does a person see that a cleanup comes on? A bar on standard error, where that is a terminal.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use latchkey::app::cleanup::Progress;

/// How often the bar moves.
const STEP: Duration = Duration::from_millis(100);

/// Shows a bar until `work` is done, then takes it away.
pub async fn beside<T>(progress: Arc<Progress>, work: impl Future<Output = T>) -> T {
    // Written elsewhere than to a terminal it stays silent.
    let bar = ProgressBar::new(0).with_style(style());
    let watching = async {
        loop {
            bar.set_length(progress.buckets());
            bar.set_position(progress.looked_at());
            bar.set_message(format!("{} sessions", progress.ended()));
            tokio::time::sleep(STEP).await;
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = watching => unreachable!("it goes on until it is dropped"),
    };
    bar.finish_and_clear();
    done
}

fn style() -> ProgressStyle {
    let template = "{elapsed} [{bar:40}] {pos}/{len} buckets, {msg}, {eta} left";
    ProgressStyle::with_template(template).expect("the template is well-formed").progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn its_template_is_one() {
        super::style();
    }
}
