"""What all tabs share of the page: events, layout, links, pictures drawn in the browser, look."""
