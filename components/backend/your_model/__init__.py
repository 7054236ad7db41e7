"""A visitor's own model: opened from a file, run on what they type, layer by layer.

The way from the file to the answer, with the record that each step returns:

    saved/saved_files   SavedFiles   which files these are, and the bytes in them
    saved/config        Declared     the model as its file has it: its layers, why some of them are
                                     not run, and of the others a configuration for Keras, of
                                     allowed classes alone
    process/            Opened       what is known of the model once Keras has loaded it, in a
                                     process of its own that may do nothing else
                        StoredModel  what the server keeps: Opened, and a Snapshot from which a new
                                     process loads the model again
    question            Question     what a visitor types, and what is asked of it
    typed/words         Vocabulary   which id stands for which word
    typed/read          Typed        what is typed, a Piece a step
    typed/feed          Fed          the arrays that the model reads: padded, cut, filled
    opened              Explained    what each layer returns for them, and each cell computes
    answer              Answer       all of that for one question, and what the outputs are: Result
    deciding_word       Decided      how far the outputs and the layers move without each word

    opened = open_model({"model.keras": data}, visitor="any name")
    found = answer(Question(model=opened.key, sentences="3 1 4"))
    decided(opened, found.question)

From an Answer come a script (as_code), all its arrays (arrays), a cell as the pages of one layer
draw it (cell_run), and a layer that those pages open (other_pages).
"""
