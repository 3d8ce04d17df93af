/** An article of our own invention, and its date. */

export const EXAMPLE = {
  name: "example",
  date: "2024-09-19",
  text: `River Osta recedes, leaving parts of Brennick without power

At least 23 people have died since the Osta burst its banks on Sunday, the Interior Ministry said. About 4,800 households remained cut off on Wednesday evening, and dozens of roads are closed.

“We have moved between 900 and 1,100 residents to schools and sports halls,” Governor Mirela Tosk told reporters. She put the damage at more than €310 million. In 2013, a flood of the same height cost the region €120 million, according to the insurers’ association Vardia.

The river peaked at 7.4 metres on Tuesday, twice its usual level, the water authority reported. Rainfall reached 180 mm in 36 hours. The grid operator Nordvolt expects to reconnect 60 percent of its customers this week.

Opposition leader Jan Hellbrook called the response slow. Fewer than 200 soldiers were sent in the first two days, he said, although the army had promised 1,500.
`,
};
