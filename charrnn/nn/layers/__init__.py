"""Layers around the cells: projections, output layer, loss, dropout, layer normalisation."""
