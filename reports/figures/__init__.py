"""Figures of the report, drawn by matplotlib as SVG for the page and PNG for the folder."""
