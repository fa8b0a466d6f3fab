//! What happens in a sandbox is not measured as the site's.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// A future whose counts go nowhere.
pub(super) struct Uncounted<F>(Pin<Box<F>>);

/// Carries something out without counting it.
pub(super) fn uncounted<F: Future>(future: F) -> Uncounted<F> {
    Uncounted(Box::pin(future))
}

impl<F: Future> Future for Uncounted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let future = self.0.as_mut();
        metrics::with_local_recorder(&metrics::NoopRecorder, || future.poll(cx))
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[tokio::test]
    async fn what_is_done_apart_is_not_counted() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let counts = recorder.handle();
        let counted = || metrics::counter!("apart_total").increment(1);
        metrics::with_local_recorder(&recorder, || {
            counted();
            let mut apart = std::pin::pin!(uncounted(async { counted() }));
            assert!(apart.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_ready());
        });
        assert!(counts.render().contains("apart_total 1"), "{}", counts.render());
    }
}
