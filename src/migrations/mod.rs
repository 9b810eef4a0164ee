//! The migrations directory on disk: names, headers, parents, checksums.
