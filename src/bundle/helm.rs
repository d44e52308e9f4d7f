//! What Helm takes: how large a chart, and how large a release of it, may be.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::write::Files;

/// The largest file of a chart that Helm loads, in bytes (`MaxDecompressedFileSize` in Helm's `pkg/chart/loader`).
const MAX_FILE: usize = 5 * 1024 * 1024;

/// The most that Helm can keep of a release, in bytes: it is in base64 in a Secret, whose data is 1 MiB at most (Kubernetes,
/// `MaxSecretSize`).
const MAX_RELEASE: usize = 1024 * 1024 / 4 * 3;

/// The folder of the chart.
const CHART: &str = "chart/";

/// A limit of Helm that a chart is beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond {
    /// This file of the output folder is larger than Helm loads.
    File {
        /// Its path.
        path: String,
        /// Its bytes.
        bytes: usize,
    },
    /// A release of it is larger than Helm can keep.
    Release,
}

/// Returns the limits that the chart among the files of an output folder is beyond.
pub fn beyond(files: &Files) -> Vec<Beyond> {
    let mut beyond: Vec<Beyond> = chart(files)
        .filter(|(_, content)| content.len() > MAX_FILE)
        .map(|(path, content)| Beyond::File { path: format!("{CHART}{path}"), bytes: content.len() })
        .collect();
    if is_too_large(files) {
        beyond.push(Beyond::Release);
    }
    beyond
}

fn chart(files: &Files) -> impl Iterator<Item = (&str, &[u8])> {
    let below = files.range(CHART.to_owned()..).map_while(|(path, content)| Some((path.strip_prefix(CHART)?, content)));
    below.map(|(path, content)| (path, content.as_slice()))
}

/// Returns whether Helm's record of a release is too large.
fn is_too_large(files: &Files) -> bool {
    // The record is less than three times the chart: in base64, and the manifests once more, in JSON.
    let bytes: usize = chart(files).map(|(_, content)| content.len()).sum();
    if bytes * 3 < MAX_RELEASE {
        return false;
    }
    // Helm compresses as well as it can, which takes long. The quick way is never better, and rarely half as good.
    match compressed(files, Compression::fast(), 2 * MAX_RELEASE) {
        Some(quick) if quick <= MAX_RELEASE => false,
        Some(_) => compressed(files, Compression::best(), MAX_RELEASE).is_none(),
        None => true,
    }
}

/// Returns the size of Helm's record of a release in bytes, or nothing where it is more than `limit`.
fn compressed(files: &Files, level: Compression, limit: usize) -> Option<usize> {
    let mut encoder = GzEncoder::new(Bounded { written: 0, limit }, level);
    record(files, &mut encoder).and_then(|()| encoder.finish()).ok().map(|counted| counted.written)
}

/// Writes what Helm keeps of a release (`Release` in its `pkg/release`): the chart, each file in base64, and the manifests.
fn record(files: &Files, to: &mut impl Write) -> io::Result<()> {
    to.write_all(br#"{"name":"release","info":{"status":"deployed"},"chart":{"templates":["#)?;
    for (path, content) in chart(files) {
        write!(to, r#"{{"name":{},"data":"{}"}},"#, serde_json::to_string(path)?, STANDARD.encode(content))?;
    }
    to.write_all(br#"]},"manifest":""#)?;
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with("manifests/")) {
        write!(to, r"---\n# Source: {path}\n")?;
        let text = serde_json::to_string(&String::from_utf8_lossy(content))?;
        to.write_all(text.trim_matches('"').as_bytes())?;
    }
    to.write_all(br#"","version":1}"#)
}

/// Counts what is written, and stops at a limit.
struct Bounded {
    written: usize,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written += bytes.len();
        if self.written > self.limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns about how large Helm's record of a release is in its Secret, in bytes; nothing where it is too large.
pub fn release_bytes(files: &Files) -> Option<usize> {
    compressed(files, Compression::best(), MAX_RELEASE).map(|bytes| bytes.div_ceil(3) * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chart of one file of this many bytes, which no compression makes smaller.
    fn files(bytes: usize) -> Files {
        let mut state = 1_u64;
        let content = (0..bytes).map(|_| {
            // Knuth's generator (MMIX); its upper bits are as good as random.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            b'!' + u8::try_from((state >> 58) & 63).unwrap_or_default()
        });
        Files::from([("chart/templates/x.yaml".to_owned(), content.collect())])
    }

    #[test]
    fn a_small_chart_is_within() {
        assert_eq!(beyond(&files(1000)), []);
        assert_eq!(beyond(&Files::new()), []);
    }

    #[test]
    fn a_release_is_measured_as_it_is_kept() {
        assert_eq!(beyond(&files(700_000)), []);
        assert_eq!(beyond(&files(1_100_000)), [Beyond::Release]);
        let kept = release_bytes(&files(700_000)).unwrap();
        assert!((700_000..1_048_576).contains(&kept), "{kept}");
        assert_eq!(release_bytes(&files(1_100_000)), None);
    }

    #[test]
    fn a_file_that_is_too_large_is_named() {
        let path = "chart/templates/x.yaml".to_owned();
        assert_eq!(beyond(&files(MAX_FILE + 1)), [Beyond::File { path, bytes: MAX_FILE + 1 }, Beyond::Release]);
    }
}
