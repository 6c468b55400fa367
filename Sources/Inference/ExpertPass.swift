import Kernels
import Memory
import Model
import Platform

// The feed-forward part of layers that have experts: tokens are sorted by expert, so that each expert's
// matrices are read once a block.

extension ForwardPass {
  func feedForward(
    _ layer: Int, _ experts: ExpertWeights, _ spec: ExpertSpec, _ member: Member,
    _ timer: inout LapTimer
  ) {
    normalizeForRouter(layer, member)
    timer.wait(member, endOf: .other)
    routeTokens(experts, spec, member)
    timer.wait(member, endOf: .other)
    var route = workspace.experts.route(spec, tokenCount: tokenCount, member: member.index)
    unsafe route.fill(workspace.experts.logits, bias: experts.bias)
    if member.index == 0 { workspace.experts.pages?.take(route, layer, weights) }
    let taken = experts.gates[0].format.form.union(experts.ups[0].format.form)
    roundForExperts(route, taken, layer, member)
    timer.wait(member, endOf: .other)
    multiplyGates(experts, route, taken, layer, member)
    timer.wait(member, endOf: .linear)
    roundGated(experts, route, layer, member)
    timer.wait(member, endOf: .other)
    multiplyDowns(experts, route, member)
    timer.wait(member, endOf: .linear)
    addOutputs(experts, route, member)
    timer.wait(member, endOf: .other)
  }

  private func normalizeForRouter(_ layer: Int, _ member: Member) {
    let norm = unsafe weights.layers[layer].feedForwardNorm
    forEachShare(member, count: tokenCount, step: 1) { tokens, pass in
      for token in tokens {
        let squares = unsafe normalizeRow(
          pass.workspace.residual[token], weight: norm,
          count: pass.shape.embeddingLength, epsilon: pass.shape.rmsEpsilon,
          into: pass.workspace.experts.rows[token])
        unsafe pass.workspace.numbers[member.index].check(squares, .beforeFeedForward(layer))
      }
    }
  }

  /// The router's numbers, in Float32.
  private func routeTokens(_ experts: ExpertWeights, _ spec: ExpertSpec, _ member: Member) {
    let pieces = (spec.count + Self.expertsPerShare - 1) / Self.expertsPerShare
    while let share = member.nextShare(below: tokenCount * pieces) {
      let (token, first) = (share / pieces, share % pieces * Self.expertsPerShare)
      let (row, logits) = unsafe (workspace.experts.rows[token], workspace.experts.logits[token])
      for expert in first..<min(first + Self.expertsPerShare, spec.count) {
        unsafe logits[expert] = unsafe sumOfProducts(
          row, experts.router[expert], count: shape.embeddingLength)
        if let biases = experts.biases { unsafe logits[expert] += biases.router[expert] }
      }
    }
  }

  private static var expertsPerShare: Int { 16 }

  private func roundForExperts(
    _ route: ExpertRoute, _ forms: RoundingForms, _ layer: Int, _ member: Member
  ) {
    let row = unsafe rowScratch(member)
    while let index = member.nextShare(below: route.activeCount) {
      let target = workspace.experts.rounded(forms, k: shape.embeddingLength, route, index)
      let rows = route.rows(index)
      for number in rows {
        unsafe copy(
          workspace.experts.rows[route.token(ofRow: number)], to: row,
          count: target.kPadded)
        let check = unsafe target.setToken(number - rows.lowerBound, from: row, factor: 1)
        unsafe workspace.numbers[member.index].check(check, .beforeFeedForward(layer))
      }
    }
  }

  private func multiplyGates(
    _ experts: ExpertWeights, _ route: ExpertRoute, _ forms: RoundingForms, _ layer: Int,
    _ member: Member
  ) {
    let function: GateFunction = spec(layer).activation == .silu ? .silu : .gelu
    let (own, k) = (workspace.experts, shape.embeddingLength)
    forEachExpertShare(route, groupCount: experts.gates[0].groupCount, member) { index, groups in
      let (expert, rows) = (route.expert(index), own.rounded(forms, k: k, route, index))
      let out = ProductOutput(own.gated, from: route.rows(index).lowerBound)
      if let biases = experts.biases {
        let ups = ProductOutput(own.ups, from: route.rows(index).lowerBound)
        unsafe Matmul.store(
          rows, experts.gates[expert], groups: groups, bias: biases.gates[expert], into: out,
          l2ByteCount: settings.l2ByteCount)
        unsafe Matmul.store(
          rows, experts.ups[expert], groups: groups, bias: biases.ups[expert], into: ups,
          l2ByteCount: settings.l2ByteCount)
        out.gateClamped(ups, rowCount: rows.tokenCount, groups: groups)
      } else {
        Matmul.gated(
          rows, gate: experts.gates[expert], up: experts.ups[expert], function, groups: groups,
          into: out, l2ByteCount: settings.l2ByteCount)
      }
    }
  }

  /// Each row is multiplied by its factor.
  private func roundGated(
    _ experts: ExpertWeights, _ route: ExpertRoute, _ layer: Int, _ member: Member
  ) {
    let (down, scale) = (experts.downs[0], spec(layer).residualScale)
    while let index = member.nextShare(below: route.activeCount) {
      let target = workspace.experts.rounded(down.format.form, k: down.k, route, index)
      let rows = route.rows(index)
      for number in rows {
        let row = unsafe workspace.experts.gated[number]
        for place in down.k..<target.kPadded { unsafe row[place] = 0 }
        let check = unsafe target.setToken(
          number - rows.lowerBound, from: row, factor: route.factor(ofRow: number) * scale)
        unsafe workspace.numbers[member.index].check(check, .beforeAttention(layer + 1))
      }
    }
  }

  private func multiplyDowns(
    _ experts: ExpertWeights, _ route: ExpertRoute, _ member: Member
  ) {
    let (own, down) = (workspace.experts, experts.downs[0])
    forEachExpertShare(route, groupCount: down.groupCount, member) { index, groups in
      Matmul.store(
        own.rounded(down.format.form, k: down.k, route, index),
        experts.downs[route.expert(index)], groups: groups,
        into: ProductOutput(own.outputs, from: route.rows(index).lowerBound),
        l2ByteCount: settings.l2ByteCount)
    }
  }

  /// residual += what a token's experts gave, in the order in which they were chosen, and their biases times
  /// their factors
  private func addOutputs(_ experts: ExpertWeights, _ route: ExpertRoute, _ member: Member) {
    while let token = member.nextShare(below: tokenCount) {
      let target = unsafe workspace.residual[token]
      for rank in 0..<route.experts.usedCount {
        let row = route.row(token, rank: rank)
        unsafe add(
          workspace.experts.outputs[row], to: target,
          count: shape.embeddingLength)
        guard let biases = experts.biases else { continue }
        unsafe addProducts(
          biases.downs[route.expert(ofRow: row)], factor: route.factor(ofRow: row), to: target,
          count: shape.embeddingLength)
      }
    }
  }

  /// Calls `body` with the number of an expert that has rows and some of its outputs' groups.
  @inline(__always)
  private func forEachExpertShare(
    _ route: ExpertRoute, groupCount: Int, _ member: Member, _ body: (Int, Range<Int>) -> Void
  ) {
    let shareCount = 6 * member.count
    let pieces = min(groupCount, max(1, (shareCount + route.activeCount - 1) / route.activeCount))
    while let share = member.nextShare(below: route.activeCount * pieces) {
      let (index, piece) = (share / pieces, share % pieces)
      body(index, piece * groupCount / pieces..<(piece + 1) * groupCount / pieces)
    }
  }
}
