import Platform
func benchFirstToken(_ arguments: Arguments, _ console: inout Console) throws(Exit) {
}
