import Platform
import TestSupport

/// What an error says.
func line(_ error: some LineError) -> String { written { error.write(to: &$0) } }
